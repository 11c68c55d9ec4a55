//! Journeys across programs: end to end, simulated network, browser, figures.
