import ArgumentParser
import CairnClient
import FHIR
import LedgerCore
import Node

/// `cairn backup`
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy a node's folder, also while the node runs; the keys go to a file apart.",
        discussion: """
            Run it on the node's machine, as the node's user. Everything that was acknowledged \
            before it began is in the copy. The folder TARGET holds ledger and sealed content, \
            nothing in the clear about patients; a later backup into it copies what is new. FILE \
            holds node keys, wallets, keyrings and slots, sealed under a passphrase \
            (CAIRN_PASSPHRASE, or it is asked for): keep it elsewhere. It is replaced each time, \
            so that keys that were destroyed do not live on in it. State and index are not copied: \
            the next start makes them again from the rest.


            """
                + CommandStatus.discussion(
                    examples: """
                          cairn backup --data ./data --to ../backup --keys ../safe/cairn.keys
                        """))

    @Option(help: "The node's data directory.")
    var data = "./data"

    @Option(help: "The folder of the backup, made if absent.")
    var to: String

    @Option(help: "The file of sealed keys, outside of that folder.")
    var keys: String

    @OptionGroup package var output: OutputOptions

    init() {}

    func run() async throws {
        OpenFiles.raiseLimit()
        let target = DataDirectory(to).path
        guard !keys.hasPrefix(target + "/") else {
            throw CommandFailure.usage(
                "--keys lies in the folder of the data", hint: "keep keys and data apart")
        }
        let passphrase = try WalletOpening.newPassphrase()
        guard !passphrase.isEmpty else {
            throw CommandFailure.usage("the passphrase is empty", hint: "choose a long one")
        }
        let summary: Backup.Summary
        do {
            summary = try Backup(
                of: DataDirectory(data), to: to, keys: keys, clock: ServeCommand.clock
            ).run(passphrase: passphrase)
        } catch let error as NodeError {
            throw CommandFailure(backup: error)
        }
        guard output.json else {
            Output.line(
                "\(to): \(Counted.text(summary.files, "file")), \(summary.bytes) bytes, of which "
                    + "\(summary.copiedBytes) were copied now")
            Output.line("\(keys): keys and \(Counted.text(summary.keyRows, "row")) of the keystore")
            return Output.line("keep both, apart from each other, and the passphrase")
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("generation", "\(summary.generation)")
        for (name, value) in [
            ("createdMs", Int(clamping: summary.createdMs)), ("files", summary.files),
            ("bytes", Int(clamping: summary.bytes)),
            ("copiedBytes", Int(clamping: summary.copiedBytes)), ("keyRows", summary.keyRows),
        ] {
            writer.key(name)
            writer.integer(value)
        }
        writer.endObject()
        Output.json(writer.bytes)
    }
}

/// `cairn restore`
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a node's folder from a backup and its keys.",
        discussion: """
            Every file is compared with its digest. The folder appears whole or not at all, and \
            nothing is overwritten. The node's next start applies the whole chain again, which \
            takes time. Where the node orders for other members, it takes writes only once a node \
            of each has connected and none of them is ahead.


            """
                + CommandStatus.discussion(
                    examples: """
                          cairn restore --from ../backup --keys ../safe/cairn.keys --data ./data
                        """))

    @Option(help: "The folder of the backup.")
    var from: String

    @Option(help: "The file of sealed keys.")
    var keys: String

    @Option(help: "The data directory to make; it does not exist, or is empty.")
    var data: String

    @OptionGroup package var output: OutputOptions

    init() {}

    func run() async throws {
        let summary: Restore.Summary
        do {
            summary = try Restore(from: from, keys: keys, to: DataDirectory(data)).run(
                passphrase: try WalletOpening.passphrase("passphrase of \(keys): "))
        } catch let error as NodeError {
            throw CommandFailure(backup: error)
        }
        guard output.json else {
            Output.line(
                "\(data): \(Counted.text(summary.files, "file")), \(summary.bytes) bytes, as of "
                    + "\(summary.createdMs) ms, network \(summary.network)")
            return Output.line("start it with cairn serve --data \(data)")
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("network", "\(summary.network)")
        for (name, value) in [
            ("createdMs", Int(clamping: summary.createdMs)), ("files", summary.files),
            ("bytes", Int(clamping: summary.bytes)),
        ] {
            writer.key(name)
            writer.integer(value)
        }
        writer.endObject()
        Output.json(writer.bytes)
    }
}

extension CommandFailure {
    /// What stops a backup or a restore: damage is a failed check, all else can be mended by
    /// another command line.
    init(backup error: NodeError) {
        self.init(
            error.code == .damaged ? .checkFailed : .usage, error.code.rawValue, error.message,
            hint: error.hint ?? "")
    }
}
