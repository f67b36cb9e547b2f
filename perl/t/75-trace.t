use strict;
use warnings;

use lib 't/lib';
use PoDTest qw(json_rows receiver repository run_perl);
use Test::More;

# Under a debugger every statement is a call into Perl; none may be made while Swift is on the stack.
my $receiver = receiver();
my $repository = repository()->answer(json_rows(['42', 'Address', 'a.example:21001']));
my ($text, $status) = run_perl('-It/lib', '-d:StatementTrace', '-MAliEn::PoD', '-e', <<'PERL', $receiver->address, $repository->url);
my ($address, $url) = @ARGV;
my $publisher = AliEn::PoD::Publisher->new(
    master_job_id => 7, address => 'a.example:1', destinations => [$address], log => sub { print "log $_[0]\n" });
print 'sent ', $publisher->publish, "\n";
my $watcher = AliEn::PoD::Watcher->new(repository => $url, allow_unsigned => 1, check_period => 1);
print 'found ', $watcher->run(run_time => 10)->{master_job_id}, "\n";
eval { AliEn::PoD::Watcher->new(run_time => 'x') };
print "refused\n" if ref $@;
PERL
is($status, 0, 'ends well');
like($text, qr/^sent 1$/m,   'publishes');
like($text, qr/^found 42$/m, 'watches');
like($text, qr/^refused$/m,  'refuses');
my ($statements) = $text =~ /traced (\d+) statements/;
cmp_ok($statements, '>', 50, 'and all was traced');

done_testing;
