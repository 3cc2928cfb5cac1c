extension Measure {
    /// Codes and names of LOINC, units of UCUM.
    var notation: Notation {
        switch self {
        case .systolic, .diastolic, .heartRate, .weight, .height, .bodyMassIndex, .temperature,
            .respiratoryRate, .saturation, .capillaryGlucose, .fundalHeight, .fetalHeartRate:
            bedside
        case .leukocytes, .erythrocytes, .haemoglobin, .haematocrit, .cellVolume,
            .cellHaemoglobin, .cellConcentration, .platelets:
            haematology
        default: chemistry
        }
    }

    private var bedside: Notation {
        switch self {
        case .systolic:
            Notation("8480-6", "Systolic blood pressure", "Systolic", "mmHg", "mm[Hg]", 0)
        case .diastolic:
            Notation("8462-4", "Diastolic blood pressure", "Diastolic", "mmHg", "mm[Hg]", 0)
        case .heartRate: Notation("8867-4", "Heart rate", "Heart rate", "/min", "/min", 0)
        case .weight: Notation("29463-7", "Body weight", "Weight", "kg", "kg", 1)
        case .height: Notation("8302-2", "Body height", "Height", "cm", "cm", 1)
        case .bodyMassIndex:
            Notation("39156-5", "Body mass index (BMI) [Ratio]", "BMI", "kg/m²", "kg/m2", 1)
        case .temperature:
            Notation("8310-5", "Body temperature", "Temperature", "°C", "Cel", 1)
        case .respiratoryRate:
            Notation("9279-1", "Respiratory rate", "Respiratory rate", "/min", "/min", 0)
        case .saturation:
            Notation(
                "2708-6", "Oxygen saturation in Arterial blood", "Oxygen saturation", "%", "%", 0)
        case .fundalHeight:
            Notation(
                "11881-0", "Uterus Fundal height Tape measure", "Fundal height", "cm", "cm", 0)
        case .fetalHeartRate:
            Notation("55283-6", "Fetal Heart rate", "Fetal heart rate", "/min", "/min", 0)
        default:
            Notation(
                "41653-7", "Glucose [Mass/volume] in Capillary blood by Glucometer",
                "Glucose, capillary", "mg/dL", "mg/dL", 0)
        }
    }

    private var haematology: Notation {
        switch self {
        case .leukocytes:
            Notation(
                "6690-2", "Leukocytes [#/volume] in Blood by Automated count", "Leukocytes",
                "10^9/L", "10*9/L", 1)
        case .erythrocytes:
            Notation(
                "789-8", "Erythrocytes [#/volume] in Blood by Automated count", "Erythrocytes",
                "10^12/L", "10*12/L", 2)
        case .haemoglobin:
            Notation("718-7", "Hemoglobin [Mass/volume] in Blood", "Hemoglobin", "g/dL", "g/dL", 1)
        case .haematocrit:
            Notation(
                "4544-3", "Hematocrit [Volume Fraction] of Blood by Automated count",
                "Hematocrit", "%", "%", 1)
        case .cellVolume:
            Notation(
                "787-2", "MCV [Entitic volume] by Automated count", "Mean cell volume", "fL",
                "fL", 1)
        case .cellHaemoglobin:
            Notation(
                "785-6", "MCH [Entitic mass] by Automated count", "Mean cell hemoglobin", "pg",
                "pg", 1)
        case .cellConcentration:
            Notation(
                "786-4", "MCHC [Mass/volume] by Automated count", "Mean cell Hb concentration",
                "g/dL", "g/dL", 1)
        default:
            Notation(
                "777-3", "Platelets [#/volume] in Blood by Automated count", "Platelets",
                "10^9/L", "10*9/L", 0)
        }
    }

    private var chemistry: Notation {
        switch self {
        case .sodium: serum("2951-2", "Sodium [Moles/volume]", "Sodium", "mmol/L", 0)
        case .potassium: serum("2823-3", "Potassium [Moles/volume]", "Potassium", "mmol/L", 1)
        case .chloride: serum("2075-0", "Chloride [Moles/volume]", "Chloride", "mmol/L", 0)
        case .bicarbonate:
            serum("2028-9", "Carbon dioxide, total [Moles/volume]", "Bicarbonate", "mmol/L", 0)
        case .ureaNitrogen:
            serum("3094-0", "Urea nitrogen [Mass/volume]", "Urea nitrogen", "mg/dL", 0)
        case .creatinine: serum("2160-0", "Creatinine [Mass/volume]", "Creatinine", "mg/dL", 2)
        case .filtration:
            Notation(
                "62238-1",
                "Glomerular filtration rate/1.73 sq M.predicted [Volume Rate/Area] in Serum, "
                    + "Plasma or Blood by Creatinine-based formula (CKD-EPI)",
                "eGFR", "mL/min/1.73 m²", "mL/min/{1.73_m2}", 0)
        case .glucose: serum("2345-7", "Glucose [Mass/volume]", "Glucose", "mg/dL", 0)
        case .calcium: serum("17861-6", "Calcium [Mass/volume]", "Calcium", "mg/dL", 1)
        case .cholesterol:
            serum("2093-3", "Cholesterol [Mass/volume]", "Cholesterol, total", "mg/dL", 0)
        case .hdl: serum("2085-9", "Cholesterol in HDL [Mass/volume]", "HDL", "mg/dL", 0)
        case .ldl:
            Notation(
                "13457-7", "Cholesterol in LDL [Mass/volume] in Serum or Plasma by calculation",
                "LDL, calculated", "mg/dL", "mg/dL", 0)
        case .triglycerides:
            serum("2571-8", "Triglyceride [Mass/volume]", "Triglycerides", "mg/dL", 0)
        case .glycatedHaemoglobin:
            Notation(
                "4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "HbA1c", "%", "%", 1)
        case .reactiveProtein:
            serum("1988-5", "C reactive protein [Mass/volume]", "C-reactive protein", "mg/L", 1)
        case .thyrotropin:
            Notation(
                "3016-3", "Thyrotropin [Units/volume] in Serum or Plasma", "TSH", "mIU/L",
                "m[IU]/L", 2)
        case .thyroxine:
            serum("3024-7", "Thyroxine (T4) free [Mass/volume]", "Free T4", "ng/dL", 2)
        case .ferritin: serum("2276-4", "Ferritin [Mass/volume]", "Ferritin", "ng/mL", 0)
        default:
            serum(
                "33762-6", "Natriuretic peptide.B prohormone N-Terminal [Mass/volume]",
                "NT-proBNP", "pg/mL", 0)
        }
    }

    private func serum(
        _ code: String, _ display: String, _ name: String, _ unit: String, _ digits: Int
    ) -> Notation {
        Notation(code, display + " in Serum or Plasma", name, unit, unit, digits)
    }
}
