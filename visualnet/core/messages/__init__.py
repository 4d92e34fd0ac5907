"""What worker and window exchange: commands, events, frames, and the outbox that holds them."""
