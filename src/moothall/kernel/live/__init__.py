"""The live plane: what changes in the lake, told to whoever listens. No ORM in the event loop."""
