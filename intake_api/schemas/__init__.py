"""What the API takes and gives, as pydantic models: they check bodies and draw the document."""
