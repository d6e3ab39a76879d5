"""What goes wrong on request: lost answers, slow answers, wrong answers, and hands that are not the client's."""
