"""Stand-ins for services of other people that our tests talk to over real HTTP."""
