# Completion of terrace for fish: terrace itself says what the words can become.
complete --command terrace --erase
complete --command terrace --no-files --keep-order --arguments '(command terrace complete fish -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor) 2>/dev/null)'
