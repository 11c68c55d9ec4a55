//! client-core's door to the browser.
