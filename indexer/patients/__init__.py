"""What a note says of its patient: findings, conditions, drugs, procedures, labs, and whether each is present."""
