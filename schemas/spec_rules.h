// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "schemas/diagnostic.h"
#include "schemas/spec.pb.h"
#include "schemas/yaml_record.h"

namespace quorate {

/// What spec.proto's descriptor cannot say: the rules that spec_reader.h lists. Nothing is said of values that reading
/// has refused already.
Diagnostics check_spec(const Spec& spec, const RecordReading& reading, const std::string& file);

}  // namespace quorate
