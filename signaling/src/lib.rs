//! axum service: accounts, rooms, delivery, calls.
