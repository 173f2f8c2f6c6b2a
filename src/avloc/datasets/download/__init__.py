"""Downloads: small files pinned by their SHA-256, and videos from YouTube with a ledger."""
