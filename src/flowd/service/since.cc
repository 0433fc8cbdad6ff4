#include "flowd/service/since.h"

#include <algorithm>

namespace sluice::service {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

void count_since(const Message& before, Message& now, std::initializer_list<int> kept) {
  const google::protobuf::Reflection& access = *now.GetReflection();
  for (int i = 0; i < now.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = now.GetDescriptor()->field(i);
    if (std::ranges::find(kept, field->number()) != kept.end()) {
      continue;
    }
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_UINT64 && !field->is_repeated()) {
      const std::uint64_t value = access.GetUInt64(now, field);
      access.SetUInt64(&now, field, value - std::min(access.GetUInt64(before, field), value));
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && field->is_repeated()) {
      const int both = std::min(access.FieldSize(before, field), access.FieldSize(now, field));
      for (int at = 0; at < both; ++at) {
        count_since(access.GetRepeatedMessage(before, field, at),
                    *access.MutableRepeatedMessage(&now, field, at), kept);
      }
    }
  }
}

}  // namespace sluice::service
