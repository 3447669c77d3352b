"""What tests share: a database each worker, shops, and running things together."""
