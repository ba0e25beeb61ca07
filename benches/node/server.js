// A stand-in for the documented Node middleware: an Express app that verifies the token of each
// request with one call to the API and keeps nothing. It is not PASSID's own package.
//
//   UPSTREAM=http://127.0.0.1:4000 node server.js
//
// Prints the port it listens on, and ends when its standard input does.

import express from "express";

const upstream = process.env.UPSTREAM;
const policy = {
  requireClaims: ["income_verified", "sanctions_screening_clear"],
  maxCredentialAgeHours: 72,
};

async function verifyToken(request, response, next) {
  const token = request.get("x-passid-token");
  if (!token) {
    return response.status(401).json({ error: { code: "TOKEN_MISSING" } });
  }
  const answer = await fetch(`${upstream}/v1/verify`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-institution-key": "pk_sandbox_measurements",
    },
    body: JSON.stringify({ token }),
  });
  const { credential_valid: valid, claims } = await answer.json();
  if (!answer.ok || !valid) {
    return response.status(401).json({ error: { code: "TOKEN_INVALID" } });
  }
  const met =
    policy.requireClaims.every((claim) => claims[claim]) &&
    claims.freshness_hours <= policy.maxCredentialAgeHours;
  if (!met) {
    return response.status(403).json({ error: { code: "POLICY_VIOLATION" } });
  }
  request.passid = claims;
  next();
}

const app = express();
app.disable("x-powered-by");
app.disable("etag");
app.get("/open/apply", (_, response) => response.type("text/plain").send("ok"));
app.get("/api/apply/", verifyToken, (_, response) => response.type("text/plain").send("ok"));

const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
