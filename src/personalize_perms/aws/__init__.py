"""The only room that talks to AWS: reads and writes per service, in and out with our own types."""
