"""A lean AWS in a process of its own: what the program asks for, from memory, counted, with latency and with TLS.

Moto takes milliseconds for each request and seconds for a thousand buckets; what is to be measured would drown in it.
"""
