//! passid-actix
