use strict;
use warnings;

use AliEn::PoD::Limits;
use lib 't/lib';
use PoDTest qw(private_directory spawn stop wait_for write_file);
use Test::More;

# A /proc and control groups of our own making.
my $place = private_directory();
mkdir "$place/$_" or die foreach qw(proc proc/self proc/10 proc/11 proc/12 proc/13 v2 v2/a v2/a/b v1 v1/memory v1/memory/x);

sub process {
    my ($pid, $parent, $name, $ticks, $pages) = @_;
    my @fields = ('S', $parent, (0) x 9, $ticks, $ticks, $ticks, $ticks, (0) x 6, $pages);
    write_file("$place/proc/$pid/stat", "$pid ($name) @fields\n");
}
process(10, 1,  'worker',        25, 256);
process(11, 10, 'a) S 1 (b',     50, 512);
process(12, 11, "new\nline",     0,  256);
process(13, 1,  'somebody else', 999, 99999);
my $limits = AliEn::PoD::Limits->new(proc => "$place/proc", cgroups => "$place/v2");

subtest 'usage is that of all descendants' => sub {
    my $usage = $limits->usage(10);
    my $page = POSIX::sysconf(POSIX::_SC_PAGESIZE()) / 1048576;
    is($usage->{memory}, 1024 * $page, 'memory');
    is($usage->{cpu}, 300 / POSIX::sysconf(POSIX::_SC_CLK_TCK()), 'CPU');
    is($limits->usage(10, 11, 12)->{memory}, 1024 * $page, 'each once');
    is($limits->usage(4711)->{memory}, 0, 'of nobody');
};

subtest 'memory limits' => sub {
    is($limits->memory_limit, undef, 'no control group');
    write_file("$place/proc/self/cgroup", "0::/a/b\n");
    write_file("$place/v2/a/b/memory.max", "max\n");
    is($limits->memory_limit, undef, 'no limit');
    write_file("$place/v2/a/memory.max", 2 * 1048576 . "\n");
    is($limits->memory_limit, 2, 'that of a group above');
    write_file("$place/proc/self/cgroup", "5:cpu:/a\n4:memory,other:/x\n0::/\n");
    my $v1 = AliEn::PoD::Limits->new(proc => "$place/proc", cgroups => "$place/v1", memory_limit => 9);
    write_file("$place/v1/memory/x/memory.limit_in_bytes", "9223372036854771712\n");
    write_file("$place/v1/memory/memory.limit_in_bytes", 3 * 1048576 . "\n");
    is($v1->memory_limit, 3, 'version 1, where a huge one is none');
};

subtest 'problems' => sub {
    is($limits->problem(10), undef, 'none');
    my $small = AliEn::PoD::Limits->new(proc => "$place/proc", cgroups => "$place/none", memory_limit => 3);
    like($small->problem(10), qr/^4 MB of memory are used, 3 are allowed$/, 'memory');
    my $full = AliEn::PoD::Limits->new(directory => $place, least_disk => 1e12);
    like($full->problem, qr/^\d+ MB are free on the disk, 1000000000000 must be left$/, 'disk');
    is(AliEn::PoD::Limits->new(directory => "$place/gone", least_disk => 1)->problem, undef, 'unknown is no problem');
};

subtest 'a real process that computes, and one that sleeps' => sub {
    my %pid = (busy => spawn(sub { 1 while 1 }), idle => spawn(sub { sleep 100; 0 }));
    my $real = AliEn::PoD::Limits->new;
    ok($real->is_busy($pid{idle}), 'at first nothing is known');
    $real->is_busy($pid{busy});
    ok(wait_for(20, sub { sleep 1; !$real->is_busy($pid{idle}) && $real->is_busy($pid{busy}) }), 'told apart');
    stop($_) foreach values %pid;
};

done_testing;
