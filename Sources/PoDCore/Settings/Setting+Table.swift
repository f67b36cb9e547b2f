extension Setting {
    /// The table. In the order of the documentation; numbers are those of the OIDs and stay.
    public static let all: [Setting] = [
        .enabled, .checkPeriod, .runTime, .monalisaUrl, .publishPeriod, .maxWorkers, .recipe, .setup, .workerCommand,
        .masterPorts, .workerPorts, .trustedKey, .revoked, .ticketFile, .keyFile, .allowUnsigned, .masterCe,
        .masterTtl, .idleTimeout,
    ]

    public static let enabled = Setting(
        "podEnabled", 1, .yesOrNo, defaults: ["no"],
        "idle JobAgents look for masters; only the word yes turns it on")

    public static let checkPeriod = Setting(
        "podCheckPeriod", 2, .seconds(1...3600), defaults: ["30"], "time between two checks of MonALISA")

    public static let runTime = Setting(
        "podRunTime", 3, .seconds(0...86400), defaults: ["300"], "time for which checking goes on; 0 = never check")

    public static let monalisaUrl = Setting(
        "podMonalisaUrl", 4, .webAddress, isMultiple: true,
        "base URL of the MonALISA repository; when one of several fails, the next is asked")

    public static let publishPeriod = Setting(
        "podPublishPeriod", 5, .seconds(1...25), defaults: ["20"], "time between two advertisements of a master")

    public static let maxWorkers = Setting(
        "podMaxWorkers", 6, .count(0...1000), defaults: ["1"], "workers that one JobAgent may run at once")

    public static let recipe = Setting(
        "podRecipe", 7, .words(["dask", "xproofd", "xrootd", "command"]), isMultiple: true,
        defaults: ["dask", "xproofd"], "analysis daemons that are allowed here")

    public static let setup = Setting(
        "podSetup", 8, .shellCommand, "command that a shell sources before each daemon starts")

    public static let workerCommand = Setting(
        "podWorkerCommand", 9, .program, "the worker of PoD itself, for masters that are PoD servers")

    public static let masterPorts = Setting(
        "podMasterPorts", 10, .portRange, defaults: ["20000-25000"], fallsBackToProcessPorts: true,
        "ports that a master may listen on")

    public static let workerPorts = Setting(
        "podWorkerPorts", 11, .portRange, defaults: ["20000-25000"], fallsBackToProcessPorts: true,
        "ports that a worker may listen on")

    public static let trustedKey = Setting(
        "podTrustedKey", 12, .key, isMultiple: true,
        "Ed25519 public key whose tickets are trusted; several while keys are changed")

    public static let revoked = Setting(
        "podRevoked", 13, .key, isMultiple: true, "SHA-256 thumbprint of a key that is refused")

    public static let ticketFile = Setting(
        "podTicketFile", 14, .absolutePath, "the worker ticket of the site, a file on the worker node")

    public static let keyFile = Setting(
        "podKeyFile", 15, .absolutePath, "the key of that ticket, a file on the worker node")

    public static let allowUnsigned = Setting(
        "podAllowUnsigned", 16, .yesOrNo, defaults: ["no"],
        "believe advertisements that are not signed, though anyone can send one")

    public static let masterCe = Setting(
        "podMasterCe", 17, .computingElement, "the CE that masters go to")

    public static let masterTtl = Setting(
        "podMasterTtl", 18, .seconds(60...86400), defaults: ["43200"], "time that the job of a master may run")

    public static let idleTimeout = Setting(
        "podIdleTimeout", 19, .seconds(60...86400), defaults: ["1800"], "time without use after which a master ends")

    /// The setting of this LDAP attribute, in any case, as LDAP takes it.
    public init?(attribute: String) {
        let wanted = attribute.lowercased()
        guard let setting = Self.all.first(where: { $0.attribute.lowercased() == wanted }) else { return nil }
        self = setting
    }

    /// The setting of this name, such as `check_period`.
    public init?(named name: String) {
        guard let setting = Self.all.first(where: { $0.name == name }) else { return nil }
        self = setting
    }
}
