"""Messages between worker and window: commands, events, frames, and the outbox that holds them."""
