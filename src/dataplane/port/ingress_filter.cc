// Traffic control's ingress hook with a BPF classifier of two instructions ("drop"). It lies behind
// packet sockets and XDP, which thus still get the frames. Most kernels have it, while the shorter way
// (matchall with a drop action) needs two modules that small kernels leave out.
#include "dataplane/port/ingress_filter.h"

#include <fmt/format.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <random>

#include "base/wire.h"

namespace sluice::port {
namespace {

constexpr std::uint32_t kIngressHandle = 0xffff0000;

using SocketPointer = std::unique_ptr<nl_sock, decltype(&nl_socket_free)>;
using MessagePointer = std::unique_ptr<nl_msg, decltype(&nlmsg_free)>;

// A loaded program that drops; -1 with errno on failure.
int load_drop_program() {
  std::array<bpf_insn, 2> program{};
  program[0].code = BPF_ALU64 | BPF_MOV | BPF_K;  // r0 = TC_ACT_SHOT
  program[0].imm = TC_ACT_SHOT;
  program[1].code = BPF_JMP | BPF_EXIT;
  const char license[] = "Apache-2.0";
  bpf_attr attributes;
  std::memset(&attributes, 0, sizeof attributes);
  attributes.prog_type = BPF_PROG_TYPE_SCHED_CLS;
  attributes.insns = reinterpret_cast<std::uint64_t>(program.data());
  attributes.insn_cnt = program.size();
  attributes.license = reinterpret_cast<std::uint64_t>(license);
  return static_cast<int>(syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes));
}

MessagePointer message(int type, int flags, const tcmsg& header) {
  MessagePointer made(nlmsg_alloc_simple(type, flags), nlmsg_free);
  tcmsg copy = header;
  if (made) nlmsg_append(made.get(), &copy, sizeof copy, NLMSG_ALIGNTO);
  return made;
}

MessagePointer qdisc_message(int type, int flags, int interface_index) {
  tcmsg header{};
  header.tcm_family = AF_UNSPEC;
  header.tcm_ifindex = interface_index;
  header.tcm_handle = kIngressHandle;
  header.tcm_parent = TC_H_INGRESS;
  MessagePointer made = message(type, flags, header);
  if (made) nla_put_string(made.get(), TCA_KIND, "ingress");
  return made;
}

// Priority 0 in a removal stands for all filters.
MessagePointer filter_message(int type, int flags, const IngressDrop& filter) {
  tcmsg header{};
  header.tcm_family = AF_UNSPEC;
  header.tcm_ifindex = filter.interface_index;
  header.tcm_parent = kIngressHandle;
  const std::uint16_t protocol = filter.priority == 0 ? 0 : byte_swap(std::uint16_t{ETH_P_ALL});
  header.tcm_info = TC_H_MAKE(std::uint32_t{filter.priority} << 16, protocol);
  return message(type, flags, header);
}

MessagePointer drop_message(const IngressDrop& filter, int program) {
  MessagePointer made = filter_message(RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, filter);
  if (!made) return made;
  nla_put_string(made.get(), TCA_KIND, "bpf");
  nlattr* options = nla_nest_start(made.get(), TCA_OPTIONS);
  nla_put_u32(made.get(), TCA_BPF_FD, static_cast<std::uint32_t>(program));
  nla_put_string(made.get(), TCA_BPF_NAME, "sluice_drop");
  nla_put_u32(made.get(), TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
  nla_nest_end(made.get(), options);
  return made;
}

std::uint16_t lot() {
  std::random_device random;
  return static_cast<std::uint16_t>(std::uniform_int_distribution<unsigned>(1, 0xfffe)(random));
}

// Sends and waits for the kernel's answer; a negative libnl error on failure.
int send(nl_sock* socket, MessagePointer made) {
  if (!made) return -NLE_NOMEM;
  // nl_send_sync takes the message over.
  return nl_send_sync(socket, made.release());
}

}  // namespace

Result<IngressDrop> add_ingress_drop(int interface_index) {
  const int program = load_drop_program();
  if (program < 0) {
    return Error{"operation-failed", "",
                 fmt::format("the kernel's own stack cannot be kept off the device (no BPF program: {}); "
                             "it takes root",
                             std::strerror(errno))};
  }
  const IngressDrop filter{interface_index, lot()};
  const SocketPointer socket(nl_socket_alloc(), nl_socket_free);
  int failed = nl_connect(socket.get(), NETLINK_ROUTE);
  if (failed == 0) {
    failed = send(socket.get(), qdisc_message(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, interface_index));
    if (failed == -NLE_EXIST) failed = 0;
  }
  if (failed == 0) {
    // Of an earlier port, or left behind by a process that was killed.
    send(socket.get(), filter_message(RTM_DELTFILTER, 0, {interface_index, 0}));
    failed = send(socket.get(), drop_message(filter, program));
  }
  close(program);
  if (failed == 0) return filter;
  return Error{"operation-failed", "",
               fmt::format("the kernel's own stack cannot be kept off the device (ingress filter: {}); the "
                           "kernel needs NET_SCH_INGRESS and NET_CLS_BPF",
                           nl_geterror(failed))};
}

void remove_ingress_drop(const IngressDrop& filter) {
  const SocketPointer socket(nl_socket_alloc(), nl_socket_free);
  if (nl_connect(socket.get(), NETLINK_ROUTE) != 0) return;
  if (send(socket.get(), filter_message(RTM_DELTFILTER, 0, filter)) == 0) {
    send(socket.get(), qdisc_message(RTM_DELQDISC, 0, filter.interface_index));
  }
}

}  // namespace sluice::port
