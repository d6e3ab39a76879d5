"""What the ports stand for on this machine: threads, worker processes, memory, OR-Tools."""
