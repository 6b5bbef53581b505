"""What the training room shows and takes in: labels, their files, categories, the ledger."""
