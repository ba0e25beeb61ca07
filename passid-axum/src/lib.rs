//! passid-axum
