"""What is told of published files: public status, ledger look-up, webhooks."""
