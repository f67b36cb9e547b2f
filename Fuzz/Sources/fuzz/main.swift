import CLibFuzzer
import FuzzTargets
import Glibc

// fuzz --list
// FUZZ_TARGET=TARGET fuzz [what libFuzzer takes]: bin/fuzz knows what is good for it.

if CommandLine.arguments.dropFirst().first == "--list" {
    for target in FuzzTarget.all {
        print("\(target.name)\t\(target.about)")
    }
    exit(0)
}
guard FuzzTarget.chosen != nil else {
    let message = Array("fuzz: FUZZ_TARGET: expected a target as --list shows them\n".utf8)
    write(STDERR_FILENO, message, message.count)
    exit(64)
}

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { start, size in
        FuzzTarget.chosen?.run(Array(UnsafeBufferPointer(start: start, count: size)))
        return 0
    })
