"""The supervisor: starts the processes of one instance, keeps them alive, gives them the table, ends them in order.

``start`` is where it begins. Others use its parts alone, and import no more than those take.
"""
