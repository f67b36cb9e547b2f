import CLibFuzzer
import FuzzTargets
import Glibc

// fuzz --list
// fuzz TARGET [what libFuzzer takes]: bin/fuzz knows what is good for it.

if CommandLine.arguments.dropFirst().first == "--list" {
    for target in FuzzTarget.all {
        print("\(target.name)\t\(target.about)")
    }
    exit(0)
}
guard FuzzTarget.chosen != nil else {
    let message = Array("fuzz: expected --list, or a target that it shows\n".utf8)
    write(STDERR_FILENO, message, message.count)
    exit(64)
}

// libFuzzer begins at the second argument; the target stands in the place of the program.
var count = CommandLine.argc - 1
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv + 1
exit(
    LLVMFuzzerRunDriver(&count, &arguments) { start, size in
        FuzzTarget.chosen?.run(Array(UnsafeBufferPointer(start: start, count: size)))
        return 0
    })
