"""PayMe: the system a small shop runs on."""
