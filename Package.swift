// swift-tools-version: 6.2
import PackageDescription

/// The library ships as one file that a Perl of any make can load: the standard library inside, nothing but
/// `alien_pod_*` outside, and never unloaded, for the Swift runtime cannot be.
let embeddedLinkerSettings: [LinkerSetting] = [
    .unsafeFlags(
        [
            "-static-stdlib",
            "-Xlinker", "--gc-sections",
            "-Xlinker", "--version-script=\(Context.packageDirectory)/Sources/AlienPoDLibrary/exports.map",
            "-Xlinker", "-soname=libAlienPoD.so",
            "-Xlinker", "-z", "-Xlinker", "nodelete",
        ],
        .when(configuration: .release)),
    // Debian's libsodium.a is not made for shared libraries, but where its symbols are not to be replaced.
    .unsafeFlags(["-Xlinker", "-Bsymbolic"], .when(configuration: .debug)),
]

let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// The library does without regular expressions: what is not imported is not linked, which makes it a fifth smaller.
let embeddedSwiftSettings: [SwiftSetting] =
    swiftSettings + [
        .unsafeFlags(["-Xfrontend", "-disable-implicit-string-processing-module-import"])
    ]

/// The program is one file that runs where no Swift is. Its modules tell the linker what belongs to a static Foundation.
let staticStandardLibrary = SwiftSetting.unsafeFlags(["-static-stdlib"], .when(configuration: .release))

let package = Package(
    name: "alien-pod",
    products: [
        .executable(name: "alien-pod", targets: ["alien-pod"]),
        .library(name: "AlienPoD", type: .dynamic, targets: ["AlienPoDLibrary"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
        // For tests alone: another implementation of JWT.
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        // The embedded library, bottom first: no Foundation, no threads, no NIO in any of these.
        .target(name: "PoDCore", swiftSettings: embeddedSwiftSettings),
        .target(name: "ApMon", swiftSettings: embeddedSwiftSettings),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("dl")]),
        .target(
            name: "MonALISARepository", dependencies: ["CCurl", "PoDCore"],
            swiftSettings: embeddedSwiftSettings),
        .target(
            name: "CSodium",
            // Gold takes Debian's archive only in release builds, where what is not used is dropped.
            linkerSettings: [
                .linkedLibrary(":libsodium.a"), .unsafeFlags(["-use-ld=lld"], .when(configuration: .debug)),
            ]),
        .target(name: "PoDTickets", dependencies: ["CSodium", "PoDCore"], swiftSettings: embeddedSwiftSettings),
        .target(
            name: "PoDRendezvous", dependencies: ["ApMon", "MonALISARepository", "PoDCore", "PoDTickets"],
            swiftSettings: embeddedSwiftSettings),
        .target(name: "CAlienPoD"),
        .target(
            name: "AlienPoDLibrary",
            dependencies: ["ApMon", "CAlienPoD", "MonALISARepository", "PoDCore", "PoDRendezvous"],
            exclude: ["exports.map"],
            swiftSettings: embeddedSwiftSettings,
            linkerSettings: embeddedLinkerSettings),

        // The daemons.
        .target(
            name: "PoDRecipes",
            dependencies: [
                "PoDCore",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: swiftSettings),
        .target(
            name: "PoDSession",
            dependencies: [
                "MonALISARepository", "PoDCore", "PoDRecipes", "PoDRendezvous", "PoDTickets",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOExtras", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: swiftSettings),
        .target(
            name: "PoDMonitor",
            dependencies: [
                "ApMon",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings),
        .target(name: "CLDAP", linkerSettings: [.linkedLibrary("dl")]),
        .target(
            name: "AliEnSite",
            dependencies: [
                "CLDAP", "PoDCore", "PoDRecipes", "PoDRendezvous",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: swiftSettings),
        .target(name: "PoDSimulation", dependencies: ["PoDCore", "PoDTestKit"], swiftSettings: swiftSettings),
        .executableTarget(
            name: "alien-pod",
            dependencies: [
                "AliEnSite", "ApMon", "MonALISARepository", "PoDCore", "PoDMonitor", "PoDRecipes", "PoDRendezvous",
                "PoDSession", "PoDSimulation", "PoDTickets",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings + [staticStandardLibrary],
            linkerSettings: [.unsafeFlags(["-static-stdlib"], .when(configuration: .release))]),

        // One end of the forwarding benchmark's paths.
        .executableTarget(
            name: "forwarding-peer",
            dependencies: [
                "PoDCore", "PoDSession", "PoDTickets",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            path: "Benchmarks/forwarding-peer",
            swiftSettings: swiftSettings),

        // Workers by the thousand, and the bare server beside the master, for the session benchmark.
        .executableTarget(
            name: "session-peer",
            dependencies: [
                "PoDCore", "PoDRecipes", "PoDSession", "PoDTickets",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOExtras", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ],
            path: "Benchmarks/session-peer",
            swiftSettings: swiftSettings),

        // Tests. None depends on AlienPoDLibrary: its linker flags would reach the test program.
        .target(name: "PoDTestKit", dependencies: ["PoDCore"], swiftSettings: swiftSettings),
        .testTarget(
            name: "PoDCoreTests", dependencies: ["PoDCore", "PoDTestKit"], swiftSettings: swiftSettings),
        .testTarget(
            name: "ApMonTests", dependencies: ["ApMon", "PoDTestKit"], resources: [.copy("Fixtures")],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "MonALISARepositoryTests", dependencies: ["MonALISARepository", "PoDTestKit"],
            resources: [.copy("Fixtures")], swiftSettings: swiftSettings),
        .testTarget(
            name: "PoDRendezvousTests",
            dependencies: ["MonALISARepository", "PoDCore", "PoDRendezvous", "PoDTestKit", "PoDTickets"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "PoDMonitorTests",
            dependencies: [
                "ApMon", "PoDMonitor", "PoDTestKit",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [.copy("Fixtures")],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "PoDTicketsTests",
            dependencies: ["PoDCore", "PoDTestKit", "PoDTickets", .product(name: "JWTKit", package: "jwt-kit")],
            resources: [.copy("Fixtures")], swiftSettings: swiftSettings),
        .testTarget(
            name: "AliEnSiteTests", dependencies: ["AliEnSite", "PoDCore", "PoDTestKit"],
            resources: [.copy("Fixtures")], swiftSettings: swiftSettings),
        .testTarget(
            name: "PoDSimulationTests", dependencies: ["PoDCore", "PoDSimulation", "PoDTestKit"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "PoDRecipesTests", dependencies: ["PoDCore", "PoDRecipes", "PoDTestKit"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "PoDSessionTests",
            dependencies: [
                "PoDCore", "PoDRecipes", "PoDRendezvous", "PoDSession", "PoDTestKit", "PoDTickets",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "ABITests", dependencies: ["CAlienPoD", "PoDTestKit"], exclude: ["Fixtures"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "EndToEnd", dependencies: ["PoDCore", "PoDTestKit"], exclude: ["Fixtures"],
            swiftSettings: swiftSettings),
    ],
    swiftLanguageModes: [.v6]
)
