"""Who is enrolled, with which samples and grants; erasure, key rotation, retention, operators."""
