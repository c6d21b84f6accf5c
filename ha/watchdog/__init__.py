"""The watchdog of a node: looks after server, worker and load balancer of its host (docs/cluster.md).

Supervisor starts the processes and restarts what ends; the watchdog tells it what is wanted, tells the network what it
sees, and ends what hangs. `plan` decides, `watchdog` does it.
"""
