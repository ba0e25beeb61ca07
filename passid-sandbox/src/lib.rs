//! passid-sandbox
