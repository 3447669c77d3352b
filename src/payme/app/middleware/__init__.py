"""What stands between the network and the routes, on the way of every request: one wrapper, few allocations."""
