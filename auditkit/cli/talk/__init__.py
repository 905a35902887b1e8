"""The sitting at the terminal.

`talk` shows a question and takes a line; `commands` are what can be typed at every question, `way` is where that leads.
What answers it: `row` asks its facts one after the other, `each` a choice for each of its things, `lists` a list of things;
`stating` states facts and adds what they name, `trying` is what-if. `scribe` saves all of it and says what it moved.
Without input or files: `words` and `values` take apart what was typed, `facts` and `screen` make what is printed.
`console` has the lines in and out, `look` their width and signs.
"""
