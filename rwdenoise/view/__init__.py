"""Pictures for people: crops, the preview sheet, the noise plot, the report."""
