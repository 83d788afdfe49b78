"""A folder that is watched for weeks."""
