"""How videos and lists come from servers: one list at a time, videos many at a time."""
