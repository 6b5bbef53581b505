"""What can be asked of the domain, one module for each thing asked."""
