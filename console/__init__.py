"""What people use: the command line, the admin port, the report. Nothing here is on a user's path.

command    one file in ``commands/``, named as it is typed
instance   one running strangler, as its admin port tells of it
report     what the store knows of every route, with the verdict on each; one document for JSON, terminal and page
document   a value made of what JSON has, for people and programs alike
result     goes to stdout; everything else that is said is talk, and goes to stderr
"""
