"""The load balancer: HAProxy, driven by a process of ours (docs/balancer.md).

1. `wanted` reads from the network's rows which servers there are, and keeps the list in a file.
2. `plan` compares that with what HAProxy has, and says what to change; plain Python.
3. `configuration` writes HAProxy's file, `runtime` speaks with HAProxy over its unix sockets, `haproxy` is its process.
4. `process` ties them together, and runs until it is told to end.
"""
