# Completion of terrace for bash: terrace itself says what the words can become.
_terrace() {
    local answer word
    COMPREPLY=()
    answer=$(command terrace complete bash -- "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null) || return 0
    while IFS= read -r word; do
        case $word in
            "") ;;
            # The first line: whether a lone candidate is followed by a blank.
            nospace) compopt -o nospace 2>/dev/null ;;
            =*) COMPREPLY+=("${word#=}") ;;
        esac
    done <<<"$answer"
}
complete -o nosort -F _terrace terrace 2>/dev/null || complete -F _terrace terrace
