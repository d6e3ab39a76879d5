"""The sandbox's own endpoints under /_sandbox: for tests and operators, loopback peers only, never hit by faults."""
