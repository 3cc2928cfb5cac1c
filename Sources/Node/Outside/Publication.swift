package import LedgerCore
import Synchronization

/// The checkpoint that this node shows to the world: the newest final one, with the cosignatures of
/// the outside witnesses that its operator named.
///
/// Witnesses are shown a checkpoint together; the ones that do not answer in time are missing from
/// it, and are left alone for a while. Nothing is kept over a restart: a witness says what it has
/// cosigned last.
package final class Publication: Sendable {
    private let witnesses: [OutsideWitness]
    private let finality: Finality
    private let reader: LedgerReader
    private let clock: @Sendable () -> UInt64
    private let shared: Mutex<Shared>

    private struct Shared {
        var published: Checkpoint?
        /// In the order of the configuration.
        var states: [State]
    }

    /// How it goes with one witness.
    package struct State: Sendable {
        package let url: String
        package let name: String
        /// The largest checkpoint that it is known to have cosigned.
        package var size: UInt64 = 0
        /// When it last cosigned one of this node's, by its own clock, in seconds since 1970.
        package var atSeconds: UInt64 = 0
        /// Why it did not, the last time; `nil` while all is well.
        package var problem: String?
        /// It is left alone until then, milliseconds since 1970.
        var retryMs: UInt64 = 0
        var pauseMs: UInt64 = Publication.pauseMsMin
    }

    /// Between two looks for a newer final checkpoint.
    private static let lookMs = 500
    private static let pauseMsMin: UInt64 = 1_000
    private static let pauseMsMax: UInt64 = 60_000
    /// A few cosignature lines, or a size.
    private static let answerBytesMax = 64 * 1_024

    init(
        witnesses: [OutsideWitness], finality: Finality, reader: LedgerReader,
        clock: @escaping @Sendable () -> UInt64
    ) {
        self.witnesses = witnesses
        self.finality = finality
        self.reader = reader
        self.clock = clock
        shared = Mutex(
            Shared(states: witnesses.map { State(url: $0.url, name: $0.key.name) }))
    }

    /// How it goes with each witness.
    package var states: [State] { shared.withLock { $0.states } }

    /// The witnesses' keys, with which the published checkpoint is checked besides.
    package var keys: [NoteKey] { witnesses.map(\.key) }

    /// The checkpoint to show. Where no witness is named, or none has been asked yet, it is the
    /// newest final one, or else the newest.
    package func newest() throws -> Checkpoint {
        if let published = shared.withLock({ $0.published }) { return published }
        return try finality.final() ?? finality.newest()
    }

    /// Shows final checkpoints to the witnesses, until it is cancelled.
    func run(_ transport: OutsideTransport) async {
        guard !witnesses.isEmpty else { return }
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(Publication.lookMs))
            guard let final = try? finality.final() else { continue }
            let missing = due(for: final)
            guard !missing.isEmpty else { continue }
            await show(final, to: missing, transport)
        }
    }

    /// The witnesses that have not cosigned it and may be asked now.
    private func due(for checkpoint: Checkpoint) -> [Int] {
        let now = clock()
        return shared.withLock { shared in
            let isNew = checkpoint.size > shared.published?.size ?? 0
            let missing = witnesses.indices.filter { index in
                let isThere =
                    !isNew
                    && shared.published.map { witnesses[index].key.verify($0) != nil } == true
                return !isThere && shared.states[index].retryMs <= now
            }
            // Nobody to ask at the moment: shown with the lines that it has.
            if missing.isEmpty, isNew { shared.published = checkpoint }
            return missing
        }
    }

    private func show(
        _ final: Checkpoint, to indices: [Int], _ transport: OutsideTransport
    ) async {
        // One that is out already gets the lines that it lacked: its size is asked for again.
        let checkpoint = shared.withLock { shared in
            shared.published.flatMap { $0.size >= final.size ? $0 : nil } ?? final
        }
        let signed = await withTaskGroup(of: (Int, NoteSignature?).self) { group in
            for index in indices {
                group.addTask { [self] in
                    (index, await ask(index, about: checkpoint, transport))
                }
            }
            var signed = [(Int, NoteSignature)]()
            for await (index, signature) in group {
                if let signature { signed.append((index, signature)) }
            }
            return signed.sorted { $0.0 < $1.0 }
        }
        shared.withLock { shared in
            var published = checkpoint
            for (_, signature) in signed
            where !published.signatures.contains(where: { $0.name == signature.name }) {
                published.signatures.append(signature)
            }
            shared.published = published
        }
    }

    /// One witness's cosignature; `nil` where none came, which its state then says.
    private func ask(
        _ index: Int, about checkpoint: Checkpoint, _ transport: OutsideTransport
    ) async -> NoteSignature? {
        do {
            let (signature, seconds) = try await cosignature(index, checkpoint, transport)
            shared.withLock { shared in
                shared.states[index].size = checkpoint.size
                shared.states[index].atSeconds = seconds
                shared.states[index].problem = nil
                shared.states[index].pauseMs = Publication.pauseMsMin
            }
            return signature
        } catch {
            let problem = (error as? NodeError)?.message ?? "it does not answer"
            let now = clock()
            shared.withLock { shared in
                shared.states[index].problem = problem
                shared.states[index].retryMs = now + shared.states[index].pauseMs
                shared.states[index].pauseMs = min(
                    shared.states[index].pauseMs * 2, Publication.pauseMsMax)
            }
            return nil
        }
    }

    private func cosignature(
        _ index: Int, _ checkpoint: Checkpoint, _ transport: OutsideTransport
    ) async throws -> (NoteSignature, UInt64) {
        let witness = witnesses[index]
        var oldSize = shared.withLock { $0.states[index].size }
        // It may know another size than this node does: it tells, and is asked once more.
        for _ in 0..<2 {
            guard oldSize <= checkpoint.size,
                let path = try reader.tiles(size: checkpoint.size).consistency(from: oldSize)
            else {
                throw NodeError(
                    .unavailable, "it has cosigned \(oldSize) leaves, more than are final here")
            }
            let request = WitnessRequest(oldSize: oldSize, path: path, checkpoint: checkpoint)
            let answer = try await transport.post(
                witness.url + "/add-checkpoint", "text/plain; charset=utf-8",
                Array(request.text.utf8), Publication.answerBytesMax)
            switch answer.status {
            case 200: return try Publication.read(answer.body, checkpoint, witness.key)
            case 409:
                let size = try Publication.size(answer.body)
                guard size != oldSize else {
                    throw NodeError(.conflict, "it has cosigned another history of this log")
                }
                oldSize = size
                shared.withLock { $0.states[index].size = size }
            case 404: throw NodeError(.notFound, "it does not know this log")
            case 403: throw NodeError(.forbidden, "it knows this log under another key")
            default: throw NodeError(.unavailable, "it answers with status \(answer.status)")
            }
        }
        throw NodeError(.unavailable, "others show it checkpoints of this log at the same time")
    }

    private static func read(
        _ body: [UInt8], _ checkpoint: Checkpoint, _ key: NoteKey
    ) throws -> (NoteSignature, UInt64) {
        if let text = String(validating: body, as: UTF8.self),
            let lines = try? Checkpoint.signatures(lines: text)
        {
            for line in lines {
                if let seconds = key.verify(checkpoint.with(line)) { return (line, seconds) }
            }
        }
        throw NodeError(.conflict, "its cosignature is not by the key that was configured")
    }

    private static func size(_ body: [UInt8]) throws -> UInt64 {
        guard let text = String(validating: body, as: UTF8.self), text.hasSuffix("\n"),
            let size = UInt64(text.dropLast()), "\(size)\n" == text
        else { throw NodeError(.unavailable, "it does not say what it has cosigned") }
        return size
    }
}
