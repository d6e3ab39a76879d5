"""What a voyage is and what it does next. Pure and synchronous; time comes in by argument."""
