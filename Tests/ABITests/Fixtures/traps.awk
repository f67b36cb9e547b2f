# From `objdump -d --no-show-raw-insn`: for each function, how many instructions in it end the process.
/^[0-9a-f]+ <.*>:$/ {
    name = substr($2, 2, length($2) - 3)
    next
}
/\tud2/ || /call.*<.*(_assertionFailure|_fatalErrorMessage|swift_unexpectedError|swift_reportError)/ { traps[name]++ }
END {
    for (name in traps) {
        # Ours, or the standard library's for a type of ours.
        if (name ~ /(5ApMon|5CCurl|7PoDCore|13PoDRendezvous|15AlienPoDLibrary|18MonALISARepository)/ || name ~ /^alien_pod_/)
            print traps[name], name
    }
}
