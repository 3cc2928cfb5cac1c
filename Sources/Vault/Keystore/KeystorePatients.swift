import KeyValue
package import LedgerCore
import Synchronization

extension Keystore {
    /// The patient of a name: whose compartments keep what is said about them. Drawn when the name
    /// is first heard, be it from a record that arrives before the patient itself does.
    ///
    /// It survives a crash once anything sealed for the patient does.
    ///
    /// - Parameters:
    ///   - name: what the member calls the patient; kept as an HMAC.
    ///   - known: the patient, where an earlier version drew it.
    package func patient(
        named name: String, known: () throws -> Identifier?
    ) throws -> Identifier {
        let row = [9] + keys.place(ofName: name)
        if let found = try patient(row) { return found }
        let drawn = try known() ?? Identifier.random()
        return try making.withLock { _ in
            if let found = try patient(row) { return found }
            var batch = WriteBatch()
            batch.put(
                row, try SealedValue.seal(drawn.bytes, under: keys.wrapping, binding: row))
            // The log is one: whatever is synced later takes this with it.
            try vaultErrors { try store.write(batch, durable: false) }
            return drawn
        }
    }

    private func patient(_ row: [UInt8]) throws -> Identifier? {
        guard let sealed = try vaultErrors({ try store.get(row) }) else { return nil }
        guard let bytes = SealedValue.open(sealed, under: keys.wrapping, binding: row),
            let patient = Identifier(bytes)
        else { throw VaultError.damaged(place: store.path, reason: "a patient's row is wrong") }
        return patient
    }
}
