"""Real servers for the tests: each started by them on a free loopback port, and gone afterwards."""
