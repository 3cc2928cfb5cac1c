import ArgumentParser
import CairnClient
import FHIR
import Identity

/// `cairn load PATH…`
struct LoadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Store files and folders: FHIR as it is, anything else as documents.",
        discussion: """
            Transaction and batch bundles are sent as they are, once: a later run counts them as \
            already there, whatever became of their records. Other bundles, lone resources and \
            NDJSON lines are stored under their id, unless the server holds the same, or under a \
            new one. Any other file becomes a Binary with a DocumentReference. Running it again \
            stores nothing twice.


            """
                + CommandStatus.discussion(
                    examples: """
                          cairn load patients/
                          cairn load --patient 7f3a scan.dcm report.pdf
                          cairn load --json export.ndjson
                        """))

    @Argument(help: "Files and folders.")
    var paths: [String]

    @Option(help: "The patient whom documents belong to: a FHIR id.")
    var patient: String?

    @Option(help: "Requests under way at once, 1 to 64.")
    var concurrency = 4

    @OptionGroup package var server: ServerOptions
    @OptionGroup package var output: OutputOptions

    init() {}

    func validate() throws {
        guard !paths.isEmpty else { throw ValidationError("name a file or folder") }
        guard (1...64).contains(concurrency) else {
            throw ValidationError("--concurrency is a number from 1 to 64")
        }
        if let patient, !ReferenceTarget.isID(patient) {
            throw ValidationError("--patient is a FHIR id, without `Patient/`")
        }
    }

    func run() async throws {
        let plan = LoadPlan(paths: paths)
        guard plan.fileCount > 0 || plan.unreadable.isEmpty else {
            let first = plan.unreadable.first.map { CommandFailure($0.error) }
            throw first ?? .usage("there is nothing to load", hint: "name files or folders")
        }
        let display = ProgressDisplay(isSilent: output.json)
        let summary = try await server.withClient { client, wallet in
            let network = try await client.discover()
            guard network.network == wallet.network else {
                throw CommandFailure.usage(
                    "the wallet belongs to another network than the server",
                    hint: "choose another --wallet or --server")
            }
            var loader = Loader(
                client: client, stamps: StampBuilder(wallet: wallet, channel: network.channel))
            loader.options.concurrency = concurrency
            loader.options.patient = patient
            return try await loader.run(plan) { display.show($0) }
        }
        display.clear()
        try LoadCommand.end(summary, asJSON: output.json)
    }

    private static func end(_ summary: LoadSummary, asJSON: Bool) throws {
        if asJSON {
            Output.json(json(summary))
        } else {
            Output.line(
                "\(summary.created) created, \(summary.updated) updated, "
                    + "\(summary.existing) already there, \(summary.failed) failed; "
                    + "\(tenths(summary.seconds)) s, "
                    + "\(Int(summary.perSecond.rounded())) resources/s")
        }
        if let stopped = summary.stopped {
            var failure = CommandFailure(stopped)
            failure = CommandFailure(
                failure.exit, failure.code, "stopped: \(failure.message)",
                hint: "run it again when that is mended: nothing is stored twice")
            throw failure
        }
        if summary.hasServerFailure { throw QuietExit(status: .server) }
        if summary.failed > 0 { throw QuietExit(status: .refused) }
    }

    static func json(_ summary: LoadSummary) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        for (name, value) in [
            ("created", summary.created), ("updated", summary.updated),
            ("existing", summary.existing), ("failed", summary.failed),
        ] {
            writer.key(name)
            writer.integer(value)
        }
        writer.key("seconds")
        writer.raw(tenths(summary.seconds).utf8)
        writer.key("perSecond")
        writer.raw(tenths(summary.perSecond).utf8)
        writer.key("failures")
        writer.beginArray()
        for failure in summary.failures {
            writer.beginObject()
            writer.member("place", failure.place.description)
            writer.member("code", failure.code)
            writer.member("message", failure.message)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    /// One digit behind the point, in JSON's form.
    private static func tenths(_ value: Double) -> String {
        let scaled = Int((min(value, 1e12) * 10).rounded())
        return "\(scaled / 10).\(scaled % 10)"
    }
}
