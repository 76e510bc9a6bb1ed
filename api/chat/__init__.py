"""BioCite behind chat front ends: the OpenAI-compatible routes."""
