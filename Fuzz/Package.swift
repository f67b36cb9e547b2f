// swift-tools-version: 6.2
import PackageDescription

// The readers under test are those of ../Sources, by symbolic links: this package gives them other flags, and needs
// nothing of what the whole of PoDSession and AliEnSite would bring in.

let languageSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// Coverage for libFuzzer, and AddressSanitizer. Swift's own checks (overflow, bounds, exclusive access, contracts) are
/// on: these are debug builds.
let instrumented =
    languageSettings + [.unsafeFlags(["-sanitize=fuzzer,address", "-parse-as-library"])]

let instrumentedC: [CSetting] = [
    .unsafeFlags(["-fsanitize=fuzzer-no-link,address,undefined", "-fsanitize-trap=undefined"])
]

let package = Package(
    name: "Fuzz",
    targets: [
        .target(name: "CCurl", cSettings: instrumentedC, linkerSettings: [.linkedLibrary("dl")]),
        .target(name: "CSodium", cSettings: instrumentedC, linkerSettings: [.linkedLibrary(":libsodium.a")]),
        .target(name: "PoDCore", swiftSettings: instrumented),
        .target(name: "ApMon", swiftSettings: instrumented),
        .target(name: "MonALISARepository", dependencies: ["CCurl", "PoDCore"], swiftSettings: instrumented),
        .target(name: "PoDTickets", dependencies: ["CSodium", "PoDCore"], swiftSettings: instrumented),
        .target(
            name: "PoDRendezvous", dependencies: ["ApMon", "MonALISARepository", "PoDCore", "PoDTickets"],
            swiftSettings: instrumented),
        // Of these only the readers.
        .target(name: "PoDRecipes", dependencies: ["PoDCore"], swiftSettings: instrumented),
        .target(
            name: "PoDSession", dependencies: ["PoDCore", "PoDRecipes", "PoDRendezvous", "PoDTickets"],
            swiftSettings: instrumented),
        .target(name: "PoDMonitor", dependencies: ["ApMon"], swiftSettings: instrumented),
        .target(name: "AliEnSite", dependencies: ["PoDCore"], swiftSettings: instrumented),

        .target(
            name: "FuzzTargets",
            dependencies: [
                "AliEnSite", "ApMon", "MonALISARepository", "PoDCore", "PoDMonitor", "PoDRecipes", "PoDRendezvous",
                "PoDSession",
                "PoDTickets",
            ],
            swiftSettings: instrumented),
        .target(name: "CLibFuzzer"),
        .executableTarget(
            name: "fuzz", dependencies: ["CLibFuzzer", "FuzzTargets"],
            swiftSettings: languageSettings + [.unsafeFlags(["-sanitize=address"])],
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]),
    ],
    swiftLanguageModes: [.v6]
)
